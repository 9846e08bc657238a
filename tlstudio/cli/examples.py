"""What stands at the end of each help text: lines that can be typed as they are, once the names in them are one's own."""

from __future__ import annotations

LINES = {
    "": (
        "tlstudio demo --run                    try it out, also without a display",
        "tlstudio train --data photos/          one sub-folder a class",
        "tlstudio runs                          every run and its name",
        "tlstudio predict RUN picture.jpg",
    ),
    "demo": ("tlstudio demo", "tlstudio demo --run", "tlstudio demo --task segmentation"),
    "replay": ("tlstudio replay recorded", "tlstudio replay RUN --speed 16 --present"),
    "data": ("tlstudio data photos/", "tlstudio data photos.zip", "tlstudio data labels.csv"),
    "models": ("tlstudio models --search resnet", "tlstudio models --task segmentation"),
    "layers": ("tlstudio layers resnet18", "tlstudio layers timm/convnext_tiny --classes 5 --format csv"),
    "find_rate": ("tlstudio find-rate --data photos/ --strategy full",),
    "train": (
        "tlstudio train --data photos/",
        "tlstudio train --data photos/ --strategy gradual --epochs 20 --name ants",
        "tlstudio train --data photos/ --model resnet50 --set model.weights=mine.safetensors",
        "tlstudio train recipe.toml --set training.seed=3",
    ),
    "resume": ("tlstudio resume RUN", "tlstudio resume RUN --longer 10"),
    "evaluate": ("tlstudio evaluate RUN", "tlstudio evaluate RUN --split test", "tlstudio evaluate RUN --data other_photos/"),
    "predict": (
        "tlstudio predict RUN picture.jpg",
        "tlstudio predict RUN photos/ --out answers/",
        "tlstudio predict RUN film.mp4 --every 0.5s --out film/",
    ),
    "export": ("tlstudio export RUN --format coco --out masks/", "tlstudio export RUN --format index --out masks/ --split test"),
    "runs": ("tlstudio runs --search ants", "tlstudio runs --tag poster --json"),
    "note": ('tlstudio note RUN --note "the one for the poster" --tag poster',),
    "trash": ("tlstudio trash", "tlstudio trash --restore RUN", "tlstudio trash --empty"),
    "compare": ("tlstudio compare RUN RUN",),
    "verdict": ("tlstudio verdict RUN RUN RUN RUN --split test",),
    "study": (
        "tlstudio study compare --data photos/ --arms head,full --seeds 5",
        "tlstudio study scratch --data photos/",
        "tlstudio study sweep --data photos/ --vary optimizer.lr=1e-4..1e-1:log --trials 20",
    ),
    "study compare": ("tlstudio study compare --data photos/ --arms head,last-block,full --seeds 3 --epochs 10",),
    "study scratch": ("tlstudio study scratch --data photos/ --shares 0.25,1 --seeds 3",),
    "study sweep": (
        "tlstudio study sweep --data photos/ --vary optimizer.lr=1e-4..1e-1:log --vary training.batch_size=8,16,32",
        "tlstudio study sweep recipe.toml --vary optimizer.lr=1e-4..1e-1:log --name rates --storage postgresql://user:password@host/sweeps",
    ),
    "study list": ("tlstudio study list", "tlstudio study list --json"),
    "study show": ("tlstudio study show STUDY",),
    "study resume": ("tlstudio study resume STUDY",),
    "cache": ("tlstudio cache", "tlstudio cache --clear"),
    "doctor": ("tlstudio doctor",),
}
_AS_IT_STANDS = "\b\n"  # what click takes for: do not fill these lines


def of(command: str) -> str:
    """The examples of a command, by the name of its function; of the whole program for ""."""
    lines = LINES[command]
    head = "A beginning:" if not command else "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join([f"{_AS_IT_STANDS}{head}", *(f"  {line}" for line in lines)])

"""The section of a recipe that says in which stages a run learns."""

from __future__ import annotations

from tlstudio.recipe.field import Rate, Section, titled


class Stage(Section):
    """One stretch of epochs of one's own plan."""

    learns: str = titled(
        "head", "Learns", "head: the new layers; everything; or the dotted path of a block: it and all that comes after it learns."
    )
    epochs: int = titled(5, "Epochs", "How often every training image is seen in this stage.", ge=1, le=100_000)
    lr: Rate | None = titled(None, "Head's rate", "Learning rate of the new layers in this stage; empty: that of the optimizer.")
    backbone_lr: Rate | None = titled(None, "Backbone's rate", "Of pretrained layers that learn in this stage; empty: the optimizer's.")


class Longer(Section):
    """Further epochs of a run that was finished."""

    epochs: int = titled(10, "Epochs", "How often every training image is seen again.", ge=1, le=100_000)
    share: float = titled(0.1, "Share of the rates", "They learn at this share of the last stage's rates.", unit="×", gt=0.0, le=10.0)


class Stages(Section):
    """Stretches of epochs with their own frozen layers and rates, one after the other in one run."""

    head_epochs: int = titled(
        0,
        "Head first",
        "Epochs in which the head alone learns, from kept features, before deeper layers join in; they come on top. 0: together at once.",
        unit="epochs",
        ge=0,
        le=100_000,
    )
    head_lr: Rate = titled(0.01, "Head's rate, first", "Learning rate of the new layers while they learn alone.")
    steps: int = titled(2, "Stages", "Gradual: so many times more of the backbone joins in, after the head.", ge=1, le=100)
    blocks: int = titled(
        1, "Blocks a stage", "Gradual: so many blocks join in at each stage, the last ones first.", unit="blocks", ge=1, le=1000
    )
    lr_decay: float = titled(
        0.5, "Rate of the next stage", "Gradual: each stage begins at this share of the rates of the one before.", unit="×", gt=0.0, le=1.0
    )
    own: tuple[Stage, ...] = titled((), "Own plan", "Stages in order, instead of those that the strategy makes.", advanced=True)
    longer: tuple[Longer, ...] = titled((), "Trained longer", "Stages that were added to the finished run, in order.", advanced=True)

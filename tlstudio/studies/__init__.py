"""What takes several runs to find out: comparisons that are fair, sweeps, and the queue that trains them one after the other.

A study is a folder, places.studies() / NAME. Its runs are ordinary run folders, which it only names:

study.json    what was asked: {version, kind, title, question, asked, created}
queue.json    runs to train, in order, with what became of each (`queue`); not for sweeps
verdict.json  what came out of a comparison
optuna.db     the trials of a sweep, Optuna's own SQLite file, unless another storage was named

Documents (JSON; shares, metrics and differences are fractions: 0.01 is one point; times in seconds; null where not known):

study    {study: name, path, kind: comparison|sweep|queue, title, question, state, created, asked, done, failed, of, entries: [entry],
          verdict: verdict or null, why: what stands in the way of one, or ""}
          state: waiting: nothing was begun; running: a process works on it; unfinished: begun, and nobody works on it; finished: nothing
          is left to train, though some of it may have failed. Of a sweep with the keys of `sweep` besides; entries are empty there.
studies  [{study, path, kind, title, question, state, created, done, failed, of, headline}], newest first
entry    {number: its own for good, title, state: waiting|running|done|failed|skipped, run: folder or null, arm, share, seed,
          value: validation accuracy or mean IoU, seconds, why: sentence of a failed one, or ""}
verdict  {question, metric: accuracy|mean_iou, split, n: pictures, headline, detail, needed_images, needed_seeds: to tell 1 point apart,
          arms: [{name, share, changes, runs: [folder], seeds: [int], accuracy: mean, interval: [low, high] or null, each: [a run's],
                  seconds: median, epochs: median}],
          pairs: [{a, b, share, difference: a less b, interval: [low, high] or null, p: by Holm, or null, verdict: better|worse|none,
                   seeds: [of a, of b], sentence, time: sentence or ""}],
          curve: [{share, arm, mean, interval}], empty where there is one share of the data}
          accuracy: mean over the seeds; of masks the mean over pictures of each one's mean IoU. verdict: better: a is better than b.
sweep    {metric: accuracy|mean_iou, vary, best: {values: {key: value}, metric, run, number} or null,
          trials: [{number, state: running|done|pruned|failed, values, metric, run, seconds, why}],
          importance: {key: share of what the varied fields explain}, importance_by: ped-anova, or "" with too few trials, sentence}

While a study works it tells StudyStep for each run, that run's own events, and Progress of phase "study" (overall and remaining
are those of the whole study; `done` of `total` runs). Stopping it ends it in good order: finished runs stay, the present one can be
gone on with, and the document comes back as it is. Cancelling does the same but raises Cancelled. `resume_study` goes on after
either, and after a crash.
"""

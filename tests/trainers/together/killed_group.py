"""A group that a test may kill, in a process of its own."""


def main(configs, root, mode):
    """Trains the group.

    Args:
        configs: of the runs.
        root: folder of theirs.
        mode: how they train.
    """
    from normzoo.trainers.run.session import Session
    from normzoo.trainers.supervised.trainer import begin_together

    with Session(reuse_models=True) as session, session.run():
        folders = [root / str(run) for run in range(len(configs))]
        train = begin_together(configs, folders, root / "group", session, mode)
        train(lambda share: None)


if __name__ == "job_main":
    main(**JOB)  # noqa: F821

"""The entry of the command line: `mcsan`, or `python -m mcsan_lite`.

In: words as they are typed. Out: what the command prints, and its exit status, see
`borders.ends.EXIT_STATUSES`. Each command's options stand beside the command, in the other modules
of this folder. Heavy imports wait until a command runs, so that `mcsan --help` answers at once.
"""

from __future__ import annotations

import argparse

from mcsan_lite.cli import course, data, doctor, paper, run, studies, utterance
from mcsan_lite.cli.answers import calibrate, predict
from mcsan_lite.cli.borders.ends import EXIT_STATUSES, ended
from mcsan_lite.cli.pages import explore
from mcsan_lite.cli.pages.report import add_report_command
from mcsan_lite.features.language.terminal import print_on_any_terminal


def parser() -> argparse.ArgumentParser:
    """All commands with their options, in the order in which `mcsan --help` lists them."""
    top = argparse.ArgumentParser(
        prog="mcsan",
        description="MCSAN: emotion from sound and words. Each command has --help.",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="command")
    doctor.add_doctor_command(commands)
    course.add_course_command(commands)
    course.add_grade_command(commands)
    course.add_slides_command(commands)
    data.add_data_command(commands)
    data.add_check_command(commands)
    data.add_split_command(commands)
    run.add_floors_command(commands)
    run.add_run_command(commands)
    run.add_table_command(commands)
    paper.add_ledger_command(commands)
    add_report_command(commands)
    run.add_ceilings_command(commands)
    run.add_checkpoints_command(commands)
    studies.add_readings_command(commands)
    studies.add_identity_command(commands)
    studies.add_align_command(commands)
    studies.add_speakers_command(commands)
    calibrate.add_calibrate_command(commands)
    predict.add_predict_command(commands)
    studies.add_stress_command(commands)
    utterance.add_attend_command(commands)
    explore.add_explore_command(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: its words; None: those that the program was started with.

    Returns:
        The exit status.
    """
    print_on_any_terminal()
    args = parser().parse_args(argv)
    return ended(args.command, args)

"""The first moments of a script: no noise, real errors, a quiet Ctrl-C."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from normzoo.trainers.common import startup

STAMP = b"I0000 00:00:1795650147.710012    4616 "
INIT = (
    b"WARNING: All log messages before absl::InitializeLog() is called are "
    b"written to STDERR\n"
)
#: As TensorFlow 2.20 and 2.21 write them.
NOISE = [
    INIT,
    STAMP + b"cudart_stub.cc:31] Could not find cuda drivers on your machine\n",
    STAMP + b"port.cc:153] oneDNN custom operations are on.\n",
    b"E" + STAMP[1:] + b"cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
    b"CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\n",
    b"2026-11-25 23:42:27.710012: I tensorflow/core/util/port.cc:153] oneDNN\n",
    b"E" + STAMP[1:] + b"cuda_dnn.cc:8579] Unable to register cuDNN factory\n",
    b"To enable the following instructions: AVX2, in other operations, rebuild "
    b"TensorFlow with the appropriate compiler flags.\n",
]
REAL = [
    b"Traceback (most recent call last):\n",
    b"E" + STAMP[1:] + b"cuda_platform.cc:52] failed call to cuInit: "
    b"CUDA_ERROR_INVALID_HANDLE: invalid resource handle\n",
    b"W"
    + STAMP[1:]
    + b"gpu_device.cc:2341] Cannot dlopen some GPU libraries.\n",
    b"F" + STAMP[1:] + b"cpu_feature_guard.cc:1] The TensorFlow library was "
    b"compiled to use AVX512F instructions\n",
    b"\n",
]


@pytest.mark.parametrize("line", NOISE)
def test_noise_is_known(line):
    assert startup.is_noise(line)


@pytest.mark.parametrize("line", REAL)
def test_what_is_no_noise_passes(line):
    assert not startup.is_noise(line)


def started(tmp_path, body, script="classify", *flags):
    """Starts a script whose first heavy import does `body` instead."""
    (tmp_path / "tensorflow_datasets.py").write_text(body)
    return subprocess.Popen(
        [
            *(sys.executable, "-m", f"normzoo.trainers.{script}"),
            *("--config=digits_mlp", "--workdir=run", *flags),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Ctrl-C is ignored in what a shell has started in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        start_new_session=True,
    )


def test_an_error_in_an_import_is_shown_without_the_noise(tmp_path):
    body = (
        f"import os\nos.write(2, {NOISE[0] + NOISE[3]!r})\nimport nothing_here"
    )
    with started(tmp_path, body) as process:
        _, error = process.communicate()
    assert process.returncode == 1
    assert b"ModuleNotFoundError: No module named 'nothing_here'" in error
    assert not list(filter(startup.is_noise, error.splitlines(keepends=True)))


@pytest.mark.slow
def test_a_worker_leaves_out_the_noise_too(tmp_path):
    body = (
        f"import os\nos.write(2, {NOISE[0] + NOISE[3]!r})\nimport nothing_here"
    )
    (tmp_path / "tensorflow_datasets.py").write_text(body)
    code = (
        "import importlib, multiprocessing\n"
        "process = multiprocessing.get_context('spawn').Process(\n"
        "    target=importlib.import_module, args=('normzoo.trainers',))\n"
        "process.start()\n"
        "process.join()\n"
    )
    error = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    ).stderr
    assert b"ModuleNotFoundError: No module named 'nothing_here'" in error
    assert not list(filter(startup.is_noise, error.splitlines(keepends=True)))


@pytest.mark.slow
def test_the_last_words_of_a_process_that_dies_are_shown(tmp_path):
    body = f"import os\nos.write(2, {REAL[3]!r})\nos.abort()"
    with started(tmp_path, body) as process:
        _, error = process.communicate()
    assert process.returncode == -signal.SIGABRT
    assert REAL[3] in error


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_ctrl_c_in_an_import_is_one_line(tmp_path, jobs):
    body = (
        "import os, time\nprint('here', flush=True)\ntime.sleep(2)\nos._exit(0)"
    )
    with started(tmp_path, body, "compare", f"--jobs={jobs}") as process:
        for _ in range(jobs):  # the server of the workers imports all, too
            process.stdout.readline()
        # A terminal tells all processes.
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate()
    assert process.returncode == 130
    assert error.split(b"\n") == [
        b"",
        b"Interrupted: nothing has been started.",
        b"",
    ]


@pytest.mark.parametrize("is_server", [False, True])
def test_only_the_server_leaves_what_it_imported_as_it_is(is_server):
    code = (
        "import sys\n"
        "class Imported:\n"
        "    def __del__(self):\n"
        "        print('taken apart')\n"
        "sys.modules['large'] = Imported()\n"
        "import startup\n"
        "if startup.is_server():\n"
        "    startup.end_at_once()\n"
    )
    given = [repr(startup.WORKERS)] if is_server else []
    written = subprocess.run(
        [sys.executable, "-c", code, *given],
        cwd=pathlib.Path(startup.__file__).parent,
        check=True,
        capture_output=True,
    ).stdout
    assert written == (b"" if is_server else b"taken apart\n")


def test_a_process_that_is_no_script_stays_as_it_is():
    def state():
        return os.fstat(2).st_ino, signal.getsignal(signal.SIGINT)

    before = state()
    with startup.quiet():
        startup.load()
        assert state() == before


@pytest.mark.slow
def test_a_script_starts_without_packages_that_it_seldom_needs(tmp_path):
    said = subprocess.run(
        [
            *(sys.executable, "-X", "importtime"),
            *("-m", "normzoo.trainers.compare", "--dry_run"),
            *("--config=digits_mlp", "--workdir=run"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "keras.layers" in imported
    assert not imported & {"sklearn.base", "scipy.stats"}
    # What a script's own code asks for later is found.
    after = "import normzoo.trainers, sklearn; print(sklearn.__name__)"
    command = [sys.executable, "-c", after]
    assert subprocess.check_output(command, text=True) == "sklearn\n"

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Slurm to try things on: munged, slurmctld and several slurmd on the loopback, as the user who runs
the tests, in a folder of its own, without systemd and control groups."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds for a daemon
NEEDED = "munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel"

CONFIG = """\
ClusterName=zsdenoise
SlurmctldHost=localhost
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
StateSaveLocation={folder}/state
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000,bf_interval=1
ReturnToService=2
SlurmdTimeout={patience}
MessageTimeout=5
KillWait=2
BatchStartTimeout=30
MinJobAge=2
MaxArraySize={array}
MaxJobCount={jobs}
{nodes}
PartitionName=films Nodes=ALL Default=YES MaxTime={minutes} State=UP
"""


def missing():
    """Which program is not installed, if one is."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return next((name for name in NEEDED if not shutil.which(name, path=path)), None)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def parent(pid):
    """0: it has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def is_step(pid):
    """Whether the process is the parent of a task, slurmstepd."""
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().startswith("slurmstepd")
    except OSError:
        return False


def kill(pid):
    """If it has not ended by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Slurm:
    """As a context all that it has started is ended, and its folder removed."""

    def __init__(self, nodes=2, cpus=1, memory=2000, array=1001, jobs=10000, minutes=60, patience=20):
        """`patience`: seconds after which a node that does not answer is taken for dead."""
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.folder = tempfile.mkdtemp(prefix="zsdenoise-slurm-")
        self.daemons = {}
        self.names = [f"node{i}" for i in range(nodes)]
        ports = free_ports(nodes + 1)
        os.mkdir(f"{self.folder}/state")
        with open(f"{self.folder}/slurm.conf", "w") as file:
            file.write(CONFIG.format(
                folder=self.folder, user=os.getuid(), ports=ports, array=array, jobs=jobs,
                minutes=minutes, patience=patience,
                nodes="\n".join(f"NodeName={name} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 "
                                f"Port={port} CPUs={cpus} RealMemory={memory} State=UNKNOWN"
                                for name, port in zip(self.names, ports[1:]))))
        os.environ["SLURM_CONF"] = f"{self.folder}/slurm.conf"

    def __enter__(self):
        try:
            with open(f"{self.folder}/key", "wb") as file:
                os.fchmod(file.fileno(), 0o400)
                file.write(os.urandom(128))
            self.start("munged", "--foreground", "--force", f"--key-file={self.folder}/key",
                       f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                       f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/seed")
            self.wait(lambda: os.path.exists(f"{self.folder}/munge.socket"), "munged")
            self.start_controller()
            for name in self.names:
                self.start_node(name)
            self.wait(lambda: self.nodes() == {name: "idle" for name in self.names}, "the nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self.daemons):
            self.stop(name, signal.SIGKILL)
        for pid in self.left():
            kill(pid)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- daemons ---

    def start(self, program, *arguments, name=None):
        with open(f"{self.folder}/{name or program}.out", "a") as out:
            self.daemons[name or program] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def start_controller(self):
        self.start("slurmctld", "-D")
        self.wait(lambda: "is UP" in subprocess.run(["scontrol", "ping"], capture_output=True, text=True).stdout,
                  "slurmctld")

    def start_node(self, name):
        self.start("slurmd", "-D", "-N", name, name=name)

    def stop(self, name, how=signal.SIGTERM):
        daemon = self.daemons.pop(name)
        daemon.send_signal(how)
        daemon.wait(PATIENCE)

    def kill_node(self, name):
        """With all that runs there; it does not come back."""
        self.stop(name, signal.SIGKILL)
        tasks = self.left(f"SLURMD_NODENAME={name}")
        # First what would tell the controller of their end.
        for pid in [*{pid for pid in map(parent, tasks) if is_step(pid)}, *tasks]:
            kill(pid)

    def wait(self, is_so, what):
        end = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > end or any(d.poll() is not None for d in self.daemons.values()):
                raise RuntimeError(f"{what} does not start: {self.words()}")
            time.sleep(0.1)

    def words(self):
        """The last ones of each daemon."""
        said = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".out", ".log")):
                with open(f"{self.folder}/{name}", errors="replace") as file:
                    said.append(name + ": " + "".join(file.readlines()[-8:]))
        return "\n".join(said)

    def left(self, *variables):
        """Processes that tasks have left behind: all of those that know this Slurm, and have these variables."""
        found, marks = [], {f"SLURM_CONF={self.folder}/slurm.conf".encode(), *map(str.encode, variables)}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if marks <= set(file.read().split(b"\0")) and int(pid) != os.getpid():
                        found.append(int(pid))
            except OSError:
                pass
        return found

    # --- questions ---

    def ask(self, *command):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout

    def nodes(self):
        return dict(line.split() for line in self.ask("sinfo", "-hN", "-o", "%N %T").splitlines())

    def queue(self):
        """(job, array index, state, comment) of all tasks."""
        return [tuple(line.split("|")) for line in
                self.ask("squeue", "-hr", "-o", "%F|%K|%T|%k").splitlines()]

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server to try things on, in a folder of its own, and files to send to it."""
import http.client
import io
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import traceback

from patience import FACTOR

PATIENCE = 120 * FACTOR  # seconds for anything, on a slow machine

# The sandbox hides the list of what ThreadSanitizer leaves out.
SANDBOX = ["--no-sandbox"] if os.environ.get("ZSDENOISE_SANITIZER") == "thread" else []


class Server:
    """zsdenoise-serve on a free port. As a context it is ended, and its folder removed, but not `state` if
    that is given."""

    def __init__(self, program, plugins, *options, state=None):
        self.program, self.plugins = map(os.path.abspath, (program, plugins))
        self.folder = tempfile.TemporaryDirectory(prefix="zsdenoise-serve-")
        self.state = os.path.abspath(state) if state else os.path.join(self.folder.name, "state")
        self.start(*options)

    def start(self, *options):
        # Job processes can be told from those of other servers by their folder.
        self.process = subprocess.Popen(
            [self.program, "--port", "0", "--state", self.state, *SANDBOX, *options],
            env={**os.environ, "GST_PLUGIN_PATH": self.plugins},
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = ""
        while line := self.process.stderr.readline():
            found = re.match(r"serve: http://127\.0\.0\.1:(\d+)$", line)
            if found:
                self.port = int(found[1])
                return
            self.said += line
        raise RuntimeError(f"the server ended with {self.process.wait(PATIENCE)} and said: {self.said}")

    def stop(self, how=signal.SIGTERM):
        """Its exit status."""
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        self.check_words()
        return status

    def end(self):
        status = self.stop()
        assert status == 0, status

    def check_words(self):
        """When it has ended: neither it nor a job process has had a fault that a sanitizer tells on stderr."""
        with self.process.stderr as stderr:
            said = stderr.read()
        assert "runtime error" not in said, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        self.folder.cleanup()

    # --- requests ---

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None, **more):
        """Status, headers and body of the answer."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {}, **more)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, data, kind="application/octet-stream", **more):
        """Status and what the answer says."""
        status, _, body = self.request("POST", "/api/jobs", data, {"Content-Type": kind}, **more)
        return status, json.loads(body)

    def job(self, job):
        return json.loads(self.request("GET", f"/api/jobs/{job}")[2])

    def wait(self, job, *states):
        """The job when it is in one of the states, or over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self.job(job)
            if found["state"] in (*states, "done", "failed"):
                return found
            time.sleep(0.02)
        raise TimeoutError(f"job {job} is {found}")

    def metric(self, name):
        text = self.request("GET", "/metrics")[2].decode()
        return float(re.search(rf"^zsdenoise_{re.escape(name)} (\S+)$", text, re.M)[1])

    # --- what it takes ---

    def workers(self):
        """Its job processes."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/cwd").startswith(self.state):
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def files(self):
        """Job folders, and uploads that are not complete."""
        return [os.path.join(kind, name) for kind in ("jobs", "incoming")
                for name in os.listdir(os.path.join(self.state, kind))]

    def memory(self):
        """Kilobytes that are its own."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            text = file.read()
        return sum(int(n) for n in re.findall(r"^Private_\w+: +(\d+)", text, re.M))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


# --- tests, as TAP ---

class Tests:
    """Those of the names, if there are any."""

    def __init__(self, names=()):
        self.names = names
        self.count = self.failures = 0

    def run(self, name, test, *arguments):
        if self.names and name not in self.names:
            return
        self.count += 1
        try:
            test(*arguments)
            print(f"ok {self.count} - {name}", flush=True)
        except Exception as error:  # whatever it is, the other tests go on
            self.failures += 1
            traceback.print_exception(error)  # to stderr, which the log of failures shows
            print(f"not ok {self.count} - {name}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failures else 0


# --- files ---

def picture(kind="PNG", size=(64, 48), sigma=20, seed=1, **options):
    """A noisy ramp."""
    import numpy as np
    from PIL import Image

    width, height = size
    ramp = np.add.outer(np.arange(height) * 120 / height, np.arange(width) * 120 / width)
    noise = np.random.default_rng(seed).normal(0, sigma, (height, width, 3))
    data = np.clip(ramp[..., None] + noise, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(data).save(file, kind, **options)
    return file.getvalue()


def clip(plugins, name, frames=12, size=(96, 64), pattern="smpte"):
    """A noisy clip: name.mp4 and name.mov have sound, name.webm has none."""
    encode = ("vp8enc ! webmmux" if name.endswith(".webm") else
              "x264enc ! qtmux name=out" if name.endswith(".mov") else "x264enc ! mp4mux name=out")
    sound = [] if name.endswith(".webm") else \
        f"audiotestsrc num-buffers={frames} ! avenc_aac ! out.".split()
    subprocess.run(
        ["gst-launch-1.0", "-q",
         *f"videotestsrc num-buffers={frames} pattern={pattern} ! video/x-raw,width={size[0]},height={size[1]} ! "
         f"zsnoise degree=0.08 ! {encode} ! filesink location={name}".split(), *sound],
        env={**os.environ, "GST_PLUGIN_PATH": plugins}, check=True)
    with open(name, "rb") as file:
        return file.read()

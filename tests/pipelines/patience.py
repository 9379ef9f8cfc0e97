# SPDX-License-Identifier: LGPL-2.1-or-later
"""How many times longer than usual tests may take: slow builds set it, as for libcheck."""
import os

FACTOR = int(os.environ.get("CK_TIMEOUT_MULTIPLIER", "1"))

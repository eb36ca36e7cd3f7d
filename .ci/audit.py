"""`make audit`: are there known vulnerabilities in what is installed?

Runs pip-audit (the program named, else the one on the path) and says in a sentence what came of it.
Exit code: 0 none known; 1 some, each named; 2 not known: the advisories could not be reached.
"""

import json
import subprocess
import sys


def main() -> int:
    command = [*(sys.argv[1:] or ["pip-audit"]), "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return unknown(type(error).__name__)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        return unknown(said[:200])
    asked = [package for package in packages if not package.get("skip_reason")]
    ours = {"chertlog"}  # in no index
    left_out = [p["name"] for p in packages if p not in asked and p["name"] not in ours]
    bad = [package for package in asked if package.get("vulns")]
    for package in bad:
        for found in package["vulns"]:
            mended = ", ".join(found.get("fix_versions") or []) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, mended in {mended}")
    if packages and not asked:
        return unknown("the index knows none of the packages")
    if left_out:
        print(f"Not known to the index, so not judged: {', '.join(left_out)}")
    if not bad:
        print(f"{len(asked)} packages: no known vulnerability.")
    return int(bool(bad))


def unknown(why: str) -> int:
    print(
        f"The advisories could not be reached, so nothing is known: {why}\n"
        "Run make audit again where the Python package index can be reached.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())

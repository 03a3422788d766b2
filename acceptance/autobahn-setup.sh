#!/usr/bin/env bash
# Installs the Autobahn|Testsuite into a folder, and nothing anywhere else: usage: autobahn-setup.sh DIR
#
# Version 25.10.1 needs CPython 2.7. It is taken from Debian 11's packages, unpacked beside; the rest comes from PyPI.
set -euo pipefail
directory=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$directory"
mkdir -p apt/lists/partial apt/cache/archives/partial debs root

# The archive that this machine already uses.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ' || true)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} bullseye main" >apt/sources.list
options=(
  -qq -oDir::Etc::SourceList="$directory/apt/sources.list" -oDir::Etc::SourceParts=/dev/null -oDir::State::Lists="$directory/apt/lists"
  -oDir::Cache="$directory/apt/cache" -oAPT::Sandbox::User=root
)
apt-get "${options[@]}" update
(
  cd debs
  apt-get "${options[@]}" download python2.7 python2.7-minimal libpython2.7-stdlib libpython2.7-minimal libpython2.7 libpython2.7-dev \
    python2.7-dev python-pip-whl libffi7 libssl1.1 python-setuptools python-pkg-resources
)
for package in debs/*.deb; do dpkg -x "$package" root; done

libraries=$directory/root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
cat >py27 <<X
#!/bin/sh
LD_LIBRARY_PATH=$libraries PYTHONHOME=$directory/root/usr exec $directory/root/usr/bin/python2.7 "\$@"
X
cat >pip27 <<X
#!/bin/sh
PYTHONPATH=\$(ls $directory/root/usr/share/python-wheels/*.whl | tr '\n' ':') exec $directory/py27 -m pip --disable-pip-version-check "\$@"
X
cat >wstest <<X
#!/bin/sh
PYTHONPATH=$directory/site exec $directory/py27 -W ignore -c 'from autobahntestsuite.wstest import run; run()' "\$@"
X
chmod +x py27 pip27

export PYTHONWARNINGS=ignore
./pip27 install -q --no-deps --target site autobahntestsuite==25.10.1 autobahn==0.10.9 txaio==2.1.0 incremental==16.10.1 \
  pyOpenSSL==19.1.0 cryptography==3.3.2 Twisted==19.10.0 zope.interface==4.6.0 jinja2==2.11.3 markupsafe==1.1.1 Werkzeug==1.0.1 \
  klein==17.10.0 service_identity==18.1.0 six==1.16.0 unittest2==1.1.0 traceback2==1.4.0 linecache2==1.0.0 argparse==1.4.0 \
  enum34==1.1.10 ipaddress==1.0.23 attrs==21.4.0 pyasn1==0.5.1 pyasn1-modules==0.3.0 ujson==2.0.3 constantly==15.1.0 \
  Automat==20.2.0 hyperlink==21.0.0 PyHamcrest==1.10.1 idna==2.10 typing==3.10.0.0 cffi==1.15.1 pycparser==2.21 \
  setuptools==44.0.0 >pip.log 2>&1 || { tail -20 pip.log >&2; exit 1; }
touch site/zope/__init__.py # a namespace's .pth is not read from --target

# Masking and UTF-8 in C make the large messages of 9.* twice as fast; the suite runs without.
CPATH=$directory/root/usr/include CFLAGS="-I$directory/root/usr/include/python2.7" ./pip27 install -q --no-deps --no-use-pep517 \
  --no-build-isolation --target site wsaccel==0.6.2 >wsaccel.log 2>&1 || echo "wsaccel was not built; the suite runs without" >&2

# Last, so that a folder that was left half done is set up anew.
chmod +x wstest
./wstest -a

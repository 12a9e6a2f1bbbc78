# Read by the launchers in bin/, which set `home` (where the archive was unpacked), `program`
# (the stem of the program's jar) and `main` (its class) first. POSIX shell.

fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 2
}

# JAVA_HOME counts before PATH: whoever set it, set it on purpose.
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
  [ -x "$java" ] || fail "JAVA_HOME is $JAVA_HOME, but $java is not there; set JAVA_HOME to a Java 17 or newer, or unset it"
else
  java=$(command -v java) || fail "no java on the PATH; install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
fi

# Every JDK says its version in a file beside bin/; asking the JVM itself costs a start of it.
release=$(dirname "$(readlink -f "$java")")/../release
version=
if [ -r "$release" ]; then
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release")
fi
if [ -z "$version" ]; then
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
fi
case $version in
  '' | *[!0-9]*) fail "cannot tell which version $java is; Java 17 or newer is needed" ;;
esac
[ "$version" -ge 17 ] || fail "$java is Java $version; Java 17 or newer is needed (JAVA_HOME chooses another)"

jar=
for candidate in "$home"/lib/"$program"-[0-9]*.jar; do
  [ -f "$candidate" ] || fail "no $program jar in $home/lib; unpack the archive again"
  [ -z "$jar" ] || fail "two versions of $program in $home/lib ($jar and $candidate); unpack each version into a folder of its own"
  jar=$candidate
done

# libvirt, JLine and the Corretto provider are native code; newer Javas warn unless told.
quiet='--enable-native-access=ALL-UNNAMED'
if [ "$version" -ge 24 ]; then
  quiet="$quiet --sun-misc-unsafe-memory-access=allow"
fi

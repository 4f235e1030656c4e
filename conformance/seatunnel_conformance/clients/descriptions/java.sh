# Runs the compiled `Program` with the class path of a client: java.sh SOURCE BUILT [OPTION...]
jars="$(tail -n 1 "$1/classpath"):$2"
shift 2
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jars" "$@" Program

# To be sourced: the function that runs JMeter, with our sampler in it.

# jmeter PLAN DIR [options of JMeter]: runs a plan of this directory; samples.jtl and jmeter.log go to DIR. Builds JMeter first
# when it is missing or older than its sources.
jmeter() {
  local module home jar plan=$1 run=$2
  module="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
  home="$(cd "$module/../.." && pwd -P)"
  jar="$module/target/jmeter/bin/ApacheJMeter.jar"
  shift 2
  if [[ ! -f "$jar" || -n "$(find "$module/pom.xml" "$module/src/main" "$home/benchmarks/src/main" "$home"/{clients,events,source-simulator,audit}/src/main -newer "$jar" -print -quit)" ]]; then
    echo "building JMeter with the sampler" >&2
    (cd "$home" && mvn -B -q -Dmaven.test.skip=true -Dspotless.check.skip=true -pl benchmarks/jmeter -am package) >&2
    touch "$jar"
  fi
  # Where JMeter looks for tests of JUnit; it complains without.
  mkdir -p "$module/target/jmeter/lib/junit" "$run"
  rm -f "$run/samples.jtl"
  # shellcheck disable=SC2086 # several options
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" ${JVM_ARGS:--Xmx1g} -jar "$jar" -n -t "$module/$plan" -l "$run/samples.jtl" -j "$run/jmeter.log" \
    -Jjmeter.save.saveservice.output_format=csv -Jjmeter.save.saveservice.print_field_names=true \
    -Jsampleresult.timestamp.start=true "$@"
}

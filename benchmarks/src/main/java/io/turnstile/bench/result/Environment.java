package io.turnstile.bench.result;

/**
 * Environment in which a run took place.
 *
 * @param cores processors that the JVM sees
 * @param memoryGb main memory, in GiB
 * @param java major version
 * @param testbed {@code processes}, {@code containers} or {@code live}
 * @param cpu model name
 * @param os name and version
 * @param revision the commit that was measured
 * @param loadBefore the machine's load average (one minute) before the run: other work disturbs it
 */
public record Environment(
    int cores,
    double memoryGb,
    String java,
    String flink,
    String kafka,
    String testbed,
    String cpu,
    String os,
    String revision,
    Double loadBefore) {}

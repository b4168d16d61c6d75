package io.turnstile.clients;

/**
 * Problem that a job has with a Kafka cluster or its topics. Immutable.
 *
 * @param text one line that says what to do
 * @param tolerable whether a running job can go on without the cure, so that a restart must not be
 *     refused for it
 */
public record ClusterProblem(String text, boolean tolerable) {}

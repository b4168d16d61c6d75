package io.turnstile.bench.engine;

import io.turnstile.events.TopicNames;
import io.turnstile.testbed.Testbed;
import java.nio.file.Path;

/**
 * What an engine runs on.
 *
 * @param testbed started, with what {@link Engine#prepare} asked for
 * @param topics existing; each input has as many partitions as each verdict topic has lanes
 * @param jwks file of the keys to check tokens with
 */
public record Deployment(Testbed testbed, TopicNames topics, Path jwks) {}

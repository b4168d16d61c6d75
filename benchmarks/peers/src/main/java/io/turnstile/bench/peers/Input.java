package io.turnstile.bench.peers;

import io.turnstile.events.SourcePosition;

/**
 * An input, apart from its value.
 *
 * @param position its identity
 * @param receivedAt the broker's append time, epoch milliseconds
 */
record Input(SourcePosition position, long receivedAt) {}

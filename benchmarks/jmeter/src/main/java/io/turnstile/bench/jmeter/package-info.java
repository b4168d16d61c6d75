/** Apache JMeter as the one who sends: a sampler for its test plans. */
package io.turnstile.bench.jmeter;

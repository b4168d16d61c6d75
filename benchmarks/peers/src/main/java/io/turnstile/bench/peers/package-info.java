/** What Turnstile is measured against, by the same contract. README.md explains the settings. */
package io.turnstile.bench.peers;

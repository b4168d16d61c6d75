/** Makes records of the contract of {@code events} from those of a source. */
package io.turnstile.feeds.mapping;

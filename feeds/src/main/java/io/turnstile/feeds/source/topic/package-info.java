/** Records of another topic. */
package io.turnstile.feeds.source.topic;

/** What a feed reads from: sources that give records page by page. */
package io.turnstile.feeds.source;

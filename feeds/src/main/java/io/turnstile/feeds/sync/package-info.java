/** Takes a feed from page to page, and from sync to sync. */
package io.turnstile.feeds.sync;

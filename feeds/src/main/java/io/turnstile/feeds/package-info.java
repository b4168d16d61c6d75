/** The command {@code feeds}: runs the feeds of a file, checks the file, shows how they are. */
package io.turnstile.feeds;

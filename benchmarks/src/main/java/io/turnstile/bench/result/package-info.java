/**
 * The measurements of a run: the content of {@code result.json}.
 *
 * <p>A record component's name in snake case is the JSON's name, and frozen: results of any age are
 * read and compared. New parts are optional. Whatever was not measured is {@code null}, or an empty
 * list or map; absent from the JSON either way. Times {@code t} and {@code …S} are seconds since
 * the measured part of the run began; the warm-up lies before 0.
 */
package io.turnstile.bench.result;

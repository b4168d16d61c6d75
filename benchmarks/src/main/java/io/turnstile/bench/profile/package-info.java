/** CPU profiles of the processes of a run. */
package io.turnstile.bench.profile;

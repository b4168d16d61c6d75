/** Where the processes of a run spend their CPU time. */
package io.turnstile.bench.profile;

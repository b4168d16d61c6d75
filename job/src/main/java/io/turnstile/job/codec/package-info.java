/**
 * Binary form of records in flight and in state: primitives, the base of our serializers, and the
 * serializers of types that other modules own. A record of the job keeps its serializer inside
 * itself.
 */
package io.turnstile.job.codec;

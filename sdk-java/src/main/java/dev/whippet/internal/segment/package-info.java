/** The bytes of the outbox's segments: layout, checksums, encryption, and a walk over them. */
package dev.whippet.internal.segment;

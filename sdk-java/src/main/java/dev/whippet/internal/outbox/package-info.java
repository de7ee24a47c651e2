/**
 * The crash-safe, bounded store-and-forward queue of one device: what {@link
 * dev.whippet.internal.outbox.Outbox#send} took is on stable storage before its receipt, is read
 * back in sequence order by a {@link dev.whippet.internal.outbox.Cursor}, and leaves when it was
 * acknowledged. The bytes are drawn in docs/FORMAT.md, part Outbox.
 */
package dev.whippet.internal.outbox;

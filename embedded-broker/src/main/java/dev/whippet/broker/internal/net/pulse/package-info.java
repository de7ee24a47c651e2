/** Whether silent peers are still there. */
package dev.whippet.broker.internal.net.pulse;

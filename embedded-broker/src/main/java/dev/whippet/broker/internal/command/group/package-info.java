/** Who is a member of which consumer group, and which partitions each member has. */
package dev.whippet.broker.internal.command.group;

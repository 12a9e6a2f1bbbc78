/** The command {@code workspace}: one class for each verb. */
package org.hospes.client.cli;

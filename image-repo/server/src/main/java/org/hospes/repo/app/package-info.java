/** Main, configuration, wiring. */
package org.hospes.repo.app;

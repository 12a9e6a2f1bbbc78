package org.hospes.node;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.architecture.HouseRules;

/** The sandbox orders what the parts below it do; libvirt and SOAP are adapters. */
@AnalyzeClasses(packages = "org.hospes.node", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("app")
          .definedBy("org.hospes.node.app..")
          .layer("endpoint")
          .definedBy("org.hospes.node.endpoint..")
          .layer("servicesoap")
          .definedBy("org.hospes.node.servicesoap..")
          .layer("libvirt")
          .definedBy("org.hospes.node.libvirt..")
          .layer("sandbox")
          .definedBy("org.hospes.node.sandbox..")
          .layer("journal")
          .definedBy("org.hospes.node.journal..")
          .layer("receipt")
          .definedBy("org.hospes.node.receipt..")
          .layer("imagecache")
          .definedBy("org.hospes.node.imagecache..")
          .layer("disk")
          .definedBy("org.hospes.node.disk..")
          .layer("network")
          .definedBy("org.hospes.node.network..")
          .layer("hypervisor")
          .definedBy("org.hospes.node.hypervisor..")
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("endpoint")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("servicesoap")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("libvirt")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("sandbox")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "servicesoap")
          .whereLayer("journal")
          .mayOnlyBeAccessedByLayers("app", "sandbox", "endpoint", "servicesoap")
          .whereLayer("receipt")
          .mayOnlyBeAccessedByLayers("app", "sandbox", "endpoint", "servicesoap")
          .whereLayer("imagecache")
          .mayOnlyBeAccessedByLayers("app", "sandbox", "endpoint", "servicesoap")
          .whereLayer("disk")
          .mayOnlyBeAccessedByLayers("app", "sandbox")
          .whereLayer("network")
          .mayOnlyBeAccessedByLayers(
              "app", "sandbox", "journal", "libvirt", "endpoint", "servicesoap")
          .whereLayer("hypervisor")
          .mayOnlyBeAccessedByLayers("app", "sandbox", "disk", "libvirt", "endpoint", "servicesoap")
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.node");

  @ArchTest
  static final ArchRule stubs =
      HouseRules.stubsOnlyIn("org.hospes.node.endpoint..", "org.hospes.node.servicesoap..");

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.node.app..");

  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();
  @ArchTest static final ArchRule libvirt = HouseRules.libvirtOnlyInNodeLibvirt();

  @ArchTest
  static final ArchRule persistence = HouseRules.objectRelationalMappingOnlyInPersistence();

  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();
  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}

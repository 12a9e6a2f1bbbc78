package org.hospes.service;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.architecture.HouseRules;

/** Adapters know the inside, the inside does not know them, and adapters do not know each other. */
@AnalyzeClasses(packages = "org.hospes.service", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("app")
          .definedBy("org.hospes.service.app..")
          .layer("endpoint")
          .definedBy("org.hospes.service.endpoint..")
          .layer("nodesoap")
          .definedBy("org.hospes.service.nodesoap..")
          .layer("imagesoap")
          .definedBy("org.hospes.service.imagesoap..")
          .layer("persistence")
          .definedBy("org.hospes.service.persistence..")
          .layer("lifecycle")
          .definedBy("org.hospes.service.lifecycle..")
          .layer("admission")
          .definedBy("org.hospes.service.admission..")
          .layer("sight")
          .definedBy("org.hospes.service.sight..")
          .layer("placement")
          .definedBy("org.hospes.service.placement..")
          .layer("node")
          .definedBy("org.hospes.service.node..")
          .layer("receipt")
          .definedBy("org.hospes.service.receipt..")
          .layer("audit")
          .definedBy("org.hospes.service.audit..")
          .layer("workspace")
          .definedBy("org.hospes.service.workspace..")
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("endpoint")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("nodesoap")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("imagesoap")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("persistence")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("lifecycle")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "nodesoap", "imagesoap", "persistence")
          .whereLayer("admission")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "nodesoap", "imagesoap", "persistence")
          .whereLayer("sight")
          .mayOnlyBeAccessedByLayers("app", "nodesoap", "imagesoap", "persistence")
          .whereLayer("placement")
          .mayOnlyBeAccessedByLayers(
              "app", "endpoint", "nodesoap", "imagesoap", "persistence", "lifecycle", "admission")
          .whereLayer("node")
          .mayOnlyBeAccessedByLayers(
              "app",
              "endpoint",
              "nodesoap",
              "imagesoap",
              "persistence",
              "lifecycle",
              "admission",
              "placement")
          .whereLayer("receipt")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "nodesoap", "persistence")
          .whereLayer("audit")
          .mayOnlyBeAccessedByLayers(
              "app",
              "endpoint",
              "nodesoap",
              "imagesoap",
              "persistence",
              "lifecycle",
              "admission",
              "receipt")
          .whereLayer("workspace")
          .mayOnlyBeAccessedByLayers(
              "app",
              "endpoint",
              "nodesoap",
              "imagesoap",
              "persistence",
              "lifecycle",
              "admission",
              "placement",
              "node",
              "receipt",
              "audit")
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest
  static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.service");

  @ArchTest
  static final ArchRule stubs =
      HouseRules.stubsOnlyIn(
          "org.hospes.service.endpoint..",
          "org.hospes.service.nodesoap..",
          "org.hospes.service.imagesoap..");

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.service.app..");

  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();
  @ArchTest static final ArchRule libvirt = HouseRules.libvirtOnlyInNodeLibvirt();

  @ArchTest
  static final ArchRule persistence = HouseRules.objectRelationalMappingOnlyInPersistence();

  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();
  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}

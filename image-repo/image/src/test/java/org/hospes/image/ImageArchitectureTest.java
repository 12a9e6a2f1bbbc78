package org.hospes.image;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.architecture.HouseRules;

@AnalyzeClasses(packages = "org.hospes.image", importOptions = DoNotIncludeTests.class)
class ImageArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("records")
          .definedBy("org.hospes.image")
          .layer("json")
          .definedBy("org.hospes.image.json..")
          .layer("digest")
          .definedBy("org.hospes.image.digest..")
          .layer("inspect")
          .definedBy("org.hospes.image.inspect..")
          .layer("signing")
          .definedBy("org.hospes.image.signing..")
          .layer("policy")
          .definedBy("org.hospes.image.policy..")
          .layer("manifest")
          .definedBy("org.hospes.image.manifest..")
          .layer("publication")
          .definedBy("org.hospes.image.publication..")
          .layer("catalogue")
          .definedBy("org.hospes.image.catalogue..")
          .layer("fetch")
          .definedBy("org.hospes.image.fetch..")
          .layer("verify")
          .definedBy("org.hospes.image.verify..")
          .whereLayer("json")
          .mayOnlyBeAccessedByLayers("manifest", "catalogue", "publication")
          .whereLayer("digest")
          .mayOnlyBeAccessedByLayers("manifest", "verify")
          .whereLayer("inspect")
          .mayOnlyBeAccessedByLayers("manifest", "verify")
          .whereLayer("signing")
          .mayOnlyBeAccessedByLayers("catalogue", "publication", "verify")
          .whereLayer("policy")
          .mayOnlyBeAccessedByLayers("verify")
          .whereLayer("manifest")
          .mayOnlyBeAccessedByLayers("verify")
          .whereLayer("publication")
          .mayOnlyBeAccessedByLayers("verify")
          .whereLayer("catalogue")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("fetch")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("verify")
          .mayNotBeAccessedByAnyLayer()
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.image");
  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();
  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.nowhere..");

  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}

import DocumentIndex

/// The documents of a shop that `demo` answers from, in English and French.
///
/// They are the files of `Sources/VoiceServer/Documents`. Package.swift embeds them in the binary, `DemoCommand` gives ``source`` to `App`,
/// and `RetrieverServices` indexes it with `EmbeddedIndex` of DocumentIndex where the settings name no other source. A new file needs a line below.
enum DemoDocuments {
  static let source = DocumentSource.texts([
    "account_en.md": text(PackageResources.account_en_md), "boutique_fr.md": text(PackageResources.boutique_fr_md),
    "compte_fr.md": text(PackageResources.compte_fr_md), "contact_fr.md": text(PackageResources.contact_fr_md),
    "garantie_fr.md": text(PackageResources.garantie_fr_md), "livraison_fr.md": text(PackageResources.livraison_fr_md),
    "paiement_fr.md": text(PackageResources.paiement_fr_md), "payment_en.md": text(PackageResources.payment_en_md),
    "refunds_en.md": text(PackageResources.refunds_en_md), "remboursements_fr.md": text(PackageResources.remboursements_fr_md),
    "shipping_en.md": text(PackageResources.shipping_en_md), "shop_en.md": text(PackageResources.shop_en_md),
    "support_en.md": text(PackageResources.support_en_md), "warranty_en.md": text(PackageResources.warranty_en_md),
  ])

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// What `/v1/schema/{collection}` answers, as far as the check looks.
struct WeaviateSchema: Decodable {
  struct Property: Decodable { let name: String }
  struct MultiTenancy: Decodable { let enabled: Bool? }
  let properties: [Property]?
  let multiTenancyConfig: MultiTenancy?
  var hasTenants: Bool { multiTenancyConfig?.enabled ?? false }
}

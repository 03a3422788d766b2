/// Response of `/v1/schema/{collection}`, as far as the check reads it.
struct WeaviateSchema: Decodable {
  struct Property: Decodable { let name: String }
  struct MultiTenancy: Decodable { let enabled: Bool? }
  let properties: [Property]?
  let multiTenancyConfig: MultiTenancy?
  var hasTenants: Bool { multiTenancyConfig?.enabled ?? false }
}

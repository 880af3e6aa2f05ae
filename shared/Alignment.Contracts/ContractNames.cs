using System.Collections.Frozen;
using System.Reflection;

namespace Alignment.Contracts;

/// <summary>Looks up contracts by C# type and by urn.</summary>
public static class ContractNames
{
    private static readonly FrozenDictionary<Type, ContractAttribute> ByType = typeof(ContractNames).Assembly.GetTypes()
        .Select(type => (Type: type, Contract: type.GetCustomAttribute<ContractAttribute>()))
        .Where(pair => pair.Contract is not null)
        .ToFrozenDictionary(pair => pair.Type, pair => pair.Contract!);

    private static readonly FrozenDictionary<string, Type> ByUrn = ByType.ToFrozenDictionary(pair => pair.Value.Urn, pair => pair.Key);

    /// <summary>All message types of the product.</summary>
    public static IEnumerable<Type> All => ByType.Keys;

    public static ContractAttribute Of(Type type) => ByType.TryGetValue(type, out var contract)
        ? contract
        : throw new ArgumentException($"{type} is not a contract: give it [Contract(\"name\")] in Alignment.Contracts.", nameof(type));

    /// <summary>The type of a urn, or null when this version of the product does not know it.</summary>
    public static Type? TypeOf(string urn) => ByUrn.GetValueOrDefault(urn);
}

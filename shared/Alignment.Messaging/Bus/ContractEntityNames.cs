using Alignment.Contracts;
using MassTransit;

namespace Alignment.Messaging.Bus;

/// <summary>Exchange names come from the contract, not from C# namespaces.</summary>
internal sealed class ContractEntityNames(IEntityNameFormatter fallback) : IEntityNameFormatter
{
    public string FormatEntityName<T>() => ContractNames.All.Contains(typeof(T)) ? ContractNames.Of(typeof(T)).Exchange : fallback.FormatEntityName<T>();
}

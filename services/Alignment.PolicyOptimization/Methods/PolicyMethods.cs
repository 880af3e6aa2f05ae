namespace Alignment.PolicyOptimization.Methods;

/// <summary>Every method there is, by name.</summary>
public static class PolicyMethods
{
    public static IReadOnlyList<IPolicyMethod> All { get; } =
    [
        .. typeof(IPolicyMethod).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IPolicyMethod).IsAssignableFrom(t))
            .Select(t => (IPolicyMethod)Activator.CreateInstance(t)!).OrderBy(m => m.Name, StringComparer.Ordinal),
    ];

    public static IPolicyMethod? Find(string name) => All.FirstOrDefault(m => m.Name == name);
}

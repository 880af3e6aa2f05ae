using System.Reflection;
using System.Runtime.Loader;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>
/// A reward written in C#: <c>FILE.dll!Namespace.Type.Method</c>, a public static method <c>double Method(RewardItem)</c>, or
/// <c>double Method(string prompt, string response)</c>. Build the library against Alignment.ModelCore.
/// </summary>
internal static class FunctionLoader
{
    public static IRewardSource Load(string path)
    {
        var mark = path.IndexOf('!', StringComparison.Ordinal);
        var dot = path.LastIndexOf('.');
        if (mark <= 0 || dot < mark)
        {
            throw new ArgumentException("write it as function:FILE.dll!Namespace.Type.Method.");
        }

        var assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path[..mark]));
        var (typeName, name) = (path[(mark + 1)..dot], path[(dot + 1)..]);
        var type = assembly.GetType(typeName) ?? throw new ArgumentException($"{path[..mark]} has no type {typeName}.");
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.Name == name && m.ReturnType == typeof(double)).ToList();
        if (methods.Find(m => Takes(m, typeof(RewardItem))) is { } whole)
        {
            return new FunctionReward(name, whole.CreateDelegate<Func<RewardItem, double>>());
        }

        var texts = methods.Find(m => Takes(m, typeof(string), typeof(string)))?.CreateDelegate<Func<string, string, double>>()
            ?? throw new ArgumentException($"{typeName} has no public static double {name}(RewardItem) or {name}(string prompt, string response).");
        return new FunctionReward(name, item => texts((string?)item.Messages[^1]?["content"] ?? "", item.Response));
    }

    private static bool Takes(MethodInfo method, params Type[] types) => method.GetParameters().Select(p => p.ParameterType).SequenceEqual(types);
}

using TorchSharp.Modules;

namespace Alignment.ModelCore.Modules;

/// <summary>A module that can compute with another tensor in the place of one of its own parameters, which stays where it is.</summary>
public interface IReplaceable
{
    /// <summary>Names of the parameters: <c>weight</c>, <c>bias</c>.</summary>
    IEnumerable<string> Replaceable { get; }

    /// <summary>The module's own parameter.</summary>
    Parameter Own(string name);

    /// <summary>Computes with <paramref name="by"/>; null goes back to the module's own.</summary>
    void Replace(string name, Parameter? by);
}

using System.Runtime.CompilerServices;
using Alignment.ModelCore.Native;

namespace Alignment.ModelCore.Tests;

/// <summary>libtorch is loaded from where ModelCore has it, whichever test comes first.</summary>
internal static class TorchStart
{
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.EnsureLoaded();
}

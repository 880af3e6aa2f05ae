using System.Runtime.CompilerServices;

namespace Alignment.Text.Templates.Values;

/// <summary>Turns what would be a stack overflow (which no process survives) into an error of the template.</summary>
internal static class StackGuard
{
    public static void Check()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateException.Other("RecursionError", "maximum recursion depth exceeded");
        }
    }
}

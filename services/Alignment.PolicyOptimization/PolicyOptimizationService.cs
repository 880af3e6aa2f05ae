using Alignment.PolicyOptimization.Jobs;
using Alignment.ServiceDefaults;

namespace Alignment.PolicyOptimization;

/// <summary>Claims <c>policy.train</c> jobs.</summary>
public static class PolicyOptimizationService
{
    public static IHostApplicationBuilder AddPolicyOptimization(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("policy");
        return builder.AddJobRunner<PolicyJobRunner>();
    }
}

import io, json, sys, time, zipfile, tempfile
from pathlib import Path
sys.path.insert(0,'/tmp/runner')
from sandbox import server
from sandbox.runner import drain
from sandbox.clients import session_of
from sandbox.environment import environment
from tests.sandbox.running_sandbox import RunningSandbox, Stacks
import tests.sandbox.test_project_template as t
from tests.sandbox.delivery_project import CAPABILITIES
import os
def archive(folder):
    import subprocess
    body=io.BytesIO()
    with zipfile.ZipFile(body,'w') as z:
        for p in sorted(Path(folder).rglob('*')):
            rel=p.relative_to(folder)
            if p.is_file() and not any(x in {'.ruff_cache','__pycache__','.venv','cdk.out','.mypy_cache','.pytest_cache','tests_out'} for x in rel.parts):
                z.write(p,str(rel))
    return body.getvalue()
folder=Path(tempfile.mkdtemp()); log=Path('.sandbox/server.log')
with server.start(log=log) as process:
    r=RunningSandbox(sandbox=process.sandbox,folder=folder)
    ssm,iam,s3=(r.client('dev',x) for x in ('ssm','iam','s3'))
    s3.create_bucket(Bucket='seeds',CreateBucketConfiguration={'LocationConstraint':'eu-west-1'})
    for app in ('build','deploy'):
        s3.put_object(Bucket='seeds',Key=f'{app}.zip',Body=archive(f'/tmp/runner/seed_code/{app}_app'))
    contract=dict(t.CONTRACT); contract|={'/mlops/code/seed_bucket':'seeds','/mlops/code/build':'build.zip','/mlops/code/deploy':'deploy.zip'}
    for env,acct in (('dev','111111111111'),('preprod','222222222222'),('prod','333333333333')):
        contract|={f'/mlops/{env}/region':'eu-west-1',f'/mlops/{env}/boundary_arn':f'arn:aws:iam::{acct}:policy/mlops/boundary',f'/mlops/{env}/subnet_ids':'none',f'/mlops/{env}/security_group_ids':'none'}
        r.client(env,'iam').create_policy(PolicyName='boundary',Path='/mlops/',PolicyDocument=json.dumps(t.OPEN))
    for k,v in contract.items(): ssm.put_parameter(Name=k,Value=v,Type='String')
    for kind in t.KINDS: iam.create_policy(PolicyName=f'mlops-template-project-{kind}',PolicyDocument=json.dumps(t.OPEN))
    st=Stacks(r)
    print(t.create(st,'p-first1'), st.reasons('p-first1')[-300:] )
    def hear(s): print(f'{time.strftime("%H:%M:%S")} {s.seconds:6.1f}s {s.account_id} {s.kind:10} {s.place} {s.status} | {s.summary[:300]}',flush=True)
    def go():
        a=time.time(); drain(process.sandbox,hear=hear,package_cache=Path('.sandbox/cache')); print('drained',round(time.time()-a,1),flush=True)
    go()
    sm=r.client('dev','sagemaker')
    pk=sm.list_model_packages(ModelPackageGroupName='mlops-p-first1')['ModelPackageSummaryList']
    print([(p['ModelPackageArn'],p['ModelApprovalStatus']) for p in pk])
    cb=r.client('dev','codebuild'); logs=r.client('dev','logs')
    def dump():
        with open('.sandbox/logs.txt','w') as f:
            for p in cb.list_projects()['projects']:
                for b in cb.list_builds_for_project(projectName=p)['ids']:
                    (x,)=cb.batch_get_builds(ids=[b])['builds']
                    f.write(f"\n===== {b} {x['buildStatus']}\n")
                    for e in logs.get_log_events(logGroupName=x['logs']['groupName'],logStreamName=x['logs']['streamName'],startFromHead=True)['events']: f.write(e['message']+'\n')
    dump()
    if pk:
        sm.update_model_package(ModelPackageArn=pk[0]['ModelPackageArn'],ModelApprovalStatus='Approved')
        go(); dump()
        cp=r.client('dev','codepipeline')
        for stage in ('PreProd','Prod'):
            state=cp.get_pipeline_state(name='mlops-p-first1-deploy')
            tok=[a.get('latestExecution',{}).get('token') for s in state['stageStates'] if s['stageName']==stage for a in s['actionStates'] if a['actionName']=='Approve'][0]
            if not tok: print('no token',stage,[(s['stageName'],s.get('latestExecution',{}).get('status')) for s in state['stageStates']]); break
            cp.put_approval_result(pipelineName='mlops-p-first1-deploy',stageName=stage,actionName='Approve',token=tok,result={'status':'Approved','summary':'ok'})
            go(); dump()
